package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.PodView.Resources;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostDemandTest {

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("ml", "p", "u"));
  }

  private static Container cpu(String amount, boolean sidecar) {
    return new Container("c", new Resources(Map.of("cpu", amount), Map.of()), sidecar);
  }

  private static int cpuOf(PodView.Builder pod) {
    return HostDemand.of(pod.build()).cpuMilli();
  }

  @Test
  void containersAndSidecarsAddUp() {
    // 1 + 2 run together with the sidecar's 0.5.
    assertThat(
            cpuOf(
                pod()
                    .container(cpu("1", false))
                    .container(cpu("2", false))
                    .initContainer(cpu("500m", true))))
        .isEqualTo(3500);
  }

  @Test
  void aLargeInitContainerCountsBesideTheSidecarsBeforeIt() {
    // 4 beside the 0.5 that was started before it; the 0.25 comes later. Running: 1 + 0.75.
    assertThat(
            cpuOf(
                pod()
                    .container(cpu("1", false))
                    .initContainer(cpu("500m", true))
                    .initContainer(cpu("4", false))
                    .initContainer(cpu("250m", true))))
        .isEqualTo(4500);
  }

  @Test
  void whatThePodSaysAsAWholeWinsAndOverheadIsAdded() {
    assertThat(
            cpuOf(
                pod()
                    .container(cpu("1", false))
                    .resources(new Resources(Map.of("cpu", "3"), Map.of()))
                    .overhead(Map.of("cpu", "100m"))))
        .isEqualTo(3100);
  }

  @Test
  void aLimitStandsInForAMissingRequest() {
    assertThat(cpuOf(pod().container("c", Map.of("cpu", "2")))).isEqualTo(2000);
  }

  @ParameterizedTest(name = "{0} of memory is {1} MiB")
  @CsvSource({"1Gi, 1024", "1G, 954", "1, 1", "1048577, 2", "1e9, 954", "0, 0", "1.5Gi, 1536"})
  void memoryRoundsUp(String written, int mib) {
    PodView pod = pod().container("c", Map.of("memory", written)).build();
    assertThat(HostDemand.of(pod).memoryMiB()).isEqualTo(mib);
  }

  @ParameterizedTest(name = "{0} CPUs are {1} thousandths")
  @CsvSource({"2, 2000", "0.1, 100", "100m, 100", "1u, 1", "1n, 1", "1e1, 10000", "1k, 1000000"})
  void cpuRoundsUp(String written, int milli) {
    assertThat(cpuOf(pod().container("c", Map.of("cpu", written)))).isEqualTo(milli);
  }

  @Test
  void moreThanAnyNodeHasIsStillANumber() {
    assertThat(
            cpuOf(
                pod()
                    .container(cpu("9E", false))
                    .container(cpu("9E", false))
                    .overhead(Map.of("cpu", "1e99"))))
        .isEqualTo(NodeSpec.UNKNOWN);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"-1", "x", "1e400", "1..2", "''' '''", "1Gb", "0x10"})
  void whatIsNoQuantityIsAProblem(String written) {
    PodView pod = pod().container("c", Map.of("cpu", written)).build();
    assertThat(HostDemand.of(pod).problems())
        .singleElement()
        .asString()
        .startsWith("The cpu of container c: The quantity (" + written + ")");
  }
}
