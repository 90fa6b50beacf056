package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods with a volume of their own at /dev/shm, as vLLM's and KServe's examples have. */
class OwnShmTest {

  private static final String MEMORY = "\"kerf.gpu/memory\": \"8Gi\"";

  private static PodView pod(String annotations, String limits, String mount, String more)
      throws IOException, WireException {
    return pod(annotations, limits, mount, more, MEMORY);
  }

  private static PodView pod(
      String annotations, String limits, String mount, String more, String ofOther)
      throws IOException, WireException {
    String pod =
        """
        {"metadata": {"name": "vllm", "namespace": "ml", "uid": "1", "annotations": {%s}},
         "spec": {"schedulerName": "kerf", %s
          "containers": [
            {"name": "other", "resources": {"limits": {%s}}},
            {"name": "main", "resources": {"limits": {%s}},
             "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}, %s]}],
          "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}]}}
        """
            .formatted(annotations, more, ofOther, limits, mount);
    try (JsonParser parser = new JsonFactory().createParser(pod)) {
      return PodReader.readDocument(parser);
    }
  }

  private static PodView pod(String annotations, String limits, String mount)
      throws IOException, WireException {
    return pod(annotations, limits, mount, "");
  }

  private static String at(String path) {
    return "{\"name\": \"shm\", \"mountPath\": \"" + path + "\"}";
  }

  private static Demand main(PodView pod, Dialects dialects) {
    Reading reading = dialects.read(pod);
    assertThat(reading.problems()).isEmpty();
    return reading.demand().containers().get(1).demand();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/shm", "/dev/shm/", "//dev//shm", "/./dev/shm/.", "/dev/./shm"})
  void itsContainerGetsNoShareAndTheOthersMay(String path) throws IOException, WireException {
    PodView pod = pod("", MEMORY, at(path));
    assertThat(main(pod, Dialects.all()).wall()).isEqualTo(WallChoice.MIG);
    assertThat(Dialects.all().read(pod).demand().containers().get(0).demand().wall())
        .isEqualTo(WallChoice.ANY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/shm/mine", "/dev/shmem", "/data/dev/shm", "/dev"})
  void anotherPathChangesNothing(String path) throws IOException, WireException {
    assertThat(main(pod("", MEMORY, at(path)), Dialects.all()).wall()).isEqualTo(WallChoice.ANY);
  }

  /** The API server bounds the length of a pod alone, and Kerf reads those of all tenants. */
  @Test
  void aPathOfManyPartsIsRead() throws IOException, WireException {
    String many = "/" + "./".repeat(50_000) + "dev/shm" + "/.".repeat(50_000);
    assertThat(main(pod("", MEMORY, at(many)), Dialects.all()).wall()).isEqualTo(WallChoice.MIG);
    String slashes = "/dev/shm" + "/".repeat(500_000) + "x";
    assertThat(main(pod("", MEMORY, at(slashes)), Dialects.all()).wall()).isEqualTo(WallChoice.ANY);
  }

  /** The webhook mounts it where a share may come. */
  @Test
  void theDaemonsOwnMountChangesNothing() throws IOException, WireException {
    String daemons = "{\"name\": \"kerf-mps-shm\", \"mountPath\": \"/dev/shm\"}";
    assertThat(main(pod("", MEMORY, daemons), Dialects.all()).wall()).isEqualTo(WallChoice.ANY);
  }

  @Test
  void halfOfAGpuInKaisWordsGetsNoShareEither() throws IOException, WireException {
    String kai = "\"gpu-fraction\": \"0.5\", \"gpu-fraction-container-name\": \"main\"";
    PodView pod = pod(kai, "\"cpu\": \"1\"", at("/dev/shm"), "", "\"cpu\": \"1\"");
    assertThat(Dialects.all().read(pod).demand().containers())
        .containsExactly(
            new PodDemand.Container(
                "main", Demand.fraction(new Milli(500)).withWall(WallChoice.MIG)));
  }

  @Test
  void wholeGpusAreNotShares() throws IOException, WireException {
    Demand whole = main(pod("", "\"kerf.gpu/whole\": \"2\"", at("/dev/shm")), Dialects.all());
    assertThat(whole).isEqualTo(Demand.whole(2));
  }

  @Test
  void withAShareAskedForItIsRefused() throws IOException, WireException {
    PodView pod = pod("\"kerf.gpu/wall\": \"mps\"", MEMORY, at("/dev/shm"));
    assertThat(Dialects.all().read(pod).problems())
        .containsExactly(
            "The container main mounts a volume of its own at /dev/shm and asks for a share behind"
                + " MPS, on which CUDA would not start.\n"
                + "Leave the volume out, or ask for a MIG instance.");
  }

  @Test
  void whereNoMpsDaemonRunsAShareIsFine() throws IOException, WireException {
    Dialects withoutMps = Dialects.all(DialectOptions.defaults().withoutMps());
    assertThat(main(pod("", MEMORY, at("/dev/shm")), withoutMps).wall()).isEqualTo(WallChoice.ANY);
  }

  @Test
  void aBoundPodIsReadAsItIs() throws IOException, WireException {
    PodView pod = pod("", MEMORY, at("/dev/shm"), "\"nodeName\": \"a\",");
    assertThat(main(pod, Dialects.all()).wall()).isEqualTo(WallChoice.ANY);
  }
}
