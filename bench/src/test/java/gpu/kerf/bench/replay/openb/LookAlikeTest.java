package gpu.kerf.bench.replay.openb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LookAlikeTest {
  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void tracesThatAreNamedLikeThePublicOnes() throws IOException {
    write("default", shape("default"));
    write("multigpu20", shape("multi-gpu"));
    write("gpuspec10", new Shape("few", 15, 40, 41, 4, 10, 1));
  }

  private static Shape shape(String word) {
    return Shape.ALL.stream().filter(each -> each.word().equals(word)).findFirst().orElseThrow();
  }

  private void write(String name, Shape shape) throws IOException {
    MadeTrace made = new TraceMaker(shape, 200, 1).make();
    Files.write(folder.resolve("openb_node_list_gpu_node.csv"), made.nodeLines());
    Files.write(folder.resolve("openb_pod_list_" + name + ".csv"), made.podLines());
  }

  @ParameterizedTest
  @CsvSource({"cpu050, 5", "cpu250, 25"})
  void soManyPodsAskForNoGpu(String name, double percent) throws IOException {
    List<Ask> pods = new LookAlike(folder, 1).make(name).pods();

    assertThat(100.0 * count(pods, pod -> pod.gpus() == 0) / pods.size())
        .isCloseTo(percent, within(0.1));
  }

  @ParameterizedTest
  @CsvSource({"gpushare60, 60", "gpushare100, 100"})
  void soMuchIsAskedForAsShares(String name, double percent) throws IOException {
    assertThat(percentOfGpus(name, pod -> pod.milli() < Ask.WHOLE)).isCloseTo(percent, within(1.5));
  }

  @ParameterizedTest
  @CsvSource({"multigpu30, 30", "multigpu50, 50"})
  void soMuchIsAskedForSeveralAtOnce(String name, double percent) throws IOException {
    assertThat(percentOfGpus(name, pod -> pod.gpus() > 1)).isCloseTo(percent, within(1.5));
  }

  @Test
  void soManyPodsWithGpusNameModels() throws IOException {
    List<Ask> pods = new LookAlike(folder, 1).make("gpuspec33").pods();

    assertThat(
            100.0
                * count(pods, pod -> !pod.models().isEmpty())
                / count(pods, pod -> pod.gpus() > 0))
        .isCloseTo(33, within(0.1));
  }

  @Test
  void theSameSeedMakesTheSameTrace() throws IOException {
    MadeTrace one = new LookAlike(folder, 7).make("gpuspec20");

    assertThat(new LookAlike(folder, 7).make("gpuspec20")).isEqualTo(one);
    assertThat(new LookAlike(folder, 8).make("gpuspec20")).isNotEqualTo(one);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "cpu0", "cpu1000", "gpushare101", "gpu50", "default", "50"})
  void otherNamesAreNotKnown(String name) {
    assertThat(LookAlike.isKnown(name)).isFalse();
  }

  private double percentOfGpus(String name, Predicate<Ask> kind) throws IOException {
    List<Ask> pods = new LookAlike(folder, 1).make(name).pods();
    double all = pods.stream().mapToLong(Ask::total).sum();
    return 100 * pods.stream().filter(kind).mapToLong(Ask::total).sum() / all;
  }

  private static long count(List<Ask> pods, Predicate<Ask> kind) {
    return pods.stream().filter(kind).count();
  }
}
