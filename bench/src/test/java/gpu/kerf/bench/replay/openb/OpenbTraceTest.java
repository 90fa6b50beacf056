package gpu.kerf.bench.replay.openb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OpenbTraceTest {
  private static final String NODE_HEADER = "sn,cpu_milli,memory_mib,gpu,model\n";
  private static final String POD_HEADER = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n";
  private static final String NODES = NODE_HEADER + "a,64000,262144,2,P100\n";
  private static final String PODS = POD_HEADER + "p,4000,8192,1,460,\nq,1000,1024,0,0,\n";

  @TempDir private Path folder = Path.of("");

  @Test
  void readsNodesByNamePodsAsListedAndArrivalsInOrder() throws IOException {
    OpenbTrace trace =
        read(
            NODE_HEADER + "b,96000,393216,8,G2\na,64000,262144,2,P100\nc,8000,1024,0,\n",
            POD_HEADER + "p,4000,8192,1,460,V100M32|V100M16\nq,1000,1024,0,0,\nr,9,8,2,1000,\n",
            "1\n0\n0\n");

    assertThat(trace.nodes()).extracting(NodeSpec::name).containsExactly("a", "b", "c");
    assertThat(trace.nodes().get(1).gpus()).hasSize(8);
    assertThat(trace.nodes().get(1).gpus().get(0).model().name()).isEqualTo("G2");
    assertThat(trace.nodes().get(1).cpuMilli()).isEqualTo(96_000);
    assertThat(trace.capacity()).isEqualTo(10_000);
    assertThat(trace.pods())
        .containsExactly(
            new Ask(4_000, 8_192, 1, 460, List.of("V100M16", "V100M32")),
            new Ask(1_000, 1_024, 0, 0, List.of()),
            new Ask(9, 8, 2, 1_000, List.of()));
    assertThat(trace.arrivals())
        .containsExactly(trace.pods().get(1), trace.pods().get(0), trace.pods().get(0));
  }

  @Test
  void aPodListWithoutModelsIsRead() throws IOException {
    OpenbTrace trace =
        read(NODES, "num_gpu,gpu_milli,name,memory_mib,cpu_milli\n1,1000,p,5,7\n", "0");

    assertThat(trace.pods()).containsExactly(new Ask(7, 5, 1, 1_000, List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "'a,64000,262144,-1,P100', 'column gpu: (-1) is out of range'",
    "'a,64000,262144,65,P100', 'column gpu: (65) is out of range'",
    "'a,64000,262144,two,P100', 'column gpu: (two) is not a whole number'",
    "'a,-1,262144,2,P100', 'column cpu_milli: (-1) is out of range'",
    "'a,64000,9999999999,2,P100', 'column memory_mib: (9999999999) is out of range'",
    "',64000,262144,2,P100', 'column sn: the value is missing'",
    "'a,64000,262144,2,', 'column model: the value is missing'",
  })
  void aWrongNodeIsNamed(String row, String problem) {
    assertThatThrownBy(() -> read(NODE_HEADER + row, PODS, "0"))
        .hasMessageContaining("nodes.csv, line 2, " + problem);
  }

  @Test
  void aNodeThatStandsThereTwiceIsRefused() {
    assertThatThrownBy(() -> read(NODES + "b,1,1,1,T4\na,1,1,1,T4\n", PODS, "0"))
        .hasMessageContaining("nodes.csv, line 4, column sn: (a) stands there for the second time");
  }

  @Test
  void aFleetWithoutGpusIsRefused() {
    assertThatThrownBy(() -> read(NODE_HEADER + "a,1,1,0,\n", PODS, "0"))
        .hasMessageContaining("nodes.csv: no node has a GPU");
  }

  @ParameterizedTest
  @CsvSource({
    "'p,4000,8192,1,0,', 'column gpu_milli: (0) of each of 1 GPUs is nothing'",
    "'p,4000,8192,0,460,', 'column gpu_milli: (460) of no GPU makes no sense'",
    "'p,4000,8192,1,1001,', 'column gpu_milli: (1001) is out of range'",
    "'p,4000,8192,65,1000,', 'column num_gpu: (65) is out of range'",
    "'p,4000.5,8192,1,460,', 'column cpu_milli: (4000.5) is not a whole number'",
    "'p,4000,8192,1,460,T4||P100', 'column gpu_spec: (T4||P100) has an empty name'",
    "'p,4000,8192,1,460,T4|', 'column gpu_spec: (T4|) has an empty name'",
  })
  void aWrongPodIsNamed(String row, String problem) {
    assertThatThrownBy(() -> read(NODES, POD_HEADER + row, "0"))
        .hasMessageContaining("pods.csv, line 2, " + problem);
  }

  @Test
  void aPodThatStandsThereTwiceIsRefused() {
    assertThatThrownBy(() -> read(NODES, PODS + "p,1,1,0,0,\n", "0"))
        .hasMessageContaining("pods.csv, line 4, column name: (p) stands there for the second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "-1", "99999999999999999999"})
  void anArrivalOfAPodThatIsNotThereIsRefused(String index) {
    assertThatThrownBy(() -> read(NODES, PODS, "0\n" + index + "\n1"))
        .hasMessageContaining("order.txt, line 2: (" + index + ") is out of range")
        .hasMessageContaining("here 0 to 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "1.0", "1,2", "0x1"})
  void anArrivalThatIsNoNumberIsRefused(String index) {
    assertThatThrownBy(() -> read(NODES, PODS, "0\r\n" + index))
        .hasMessageContaining("order.txt, line 2: (" + index + ") is not a whole number");
  }

  @Test
  void anOrderWithoutArrivalsIsRefused() {
    assertThatThrownBy(() -> read(NODES, PODS, "\n"))
        .hasMessageContaining("order.txt: the file is empty");
  }

  private OpenbTrace read(String nodes, String pods, String order) throws IOException {
    return OpenbTrace.read(
        write("nodes.csv", nodes), write("pods.csv", pods), write("order.txt", order));
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
