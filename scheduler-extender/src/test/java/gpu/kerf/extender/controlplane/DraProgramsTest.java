package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DraProgramsTest {
  @TempDir Path folder;

  /** An environment with a go that can build nothing, and an empty cache. */
  private Map<String, String> environment() throws IOException {
    Path go = Files.writeString(folder.resolve("go"), "#!/bin/sh\nexit 1\n");
    assertThat(go.toFile().setExecutable(true)).isTrue();
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", folder + ":/usr/bin:/bin");
    environment.put("KERF_KUBE_CACHE", folder.resolve("cache").toString());
    return environment;
  }

  private static String missing(Map<String, String> environment) {
    assertThat(DraPrograms.find(environment)).isInstanceOf(DraPrograms.Missing.class);
    return ((DraPrograms.Missing) DraPrograms.find(environment)).why();
  }

  @Test
  void whatWasNotBuiltBeforeIsNotBuiltByATest() throws IOException {
    assertThat(missing(environment()))
        .isEqualTo(
            "no node with a DRA driver: scheduler-extender/src/test/go/build --dra-node 1.36.3 was"
                + " not run");
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void withoutGoThereIsNone() throws IOException {
    Map<String, String> environment = environment();
    environment.put("PATH", folder.resolve("nothing").toString());
    assertThat(missing(environment)).endsWith("go is not on the PATH");
  }

  @Test
  void anOlderKubernetesHasNone() throws IOException {
    Map<String, String> environment = environment();
    environment.put(Programs.VERSION_VARIABLE, "1.35.4");
    assertThat(missing(environment)).endsWith("Kubernetes 1.35.4 is older than 1.36");
  }
}
