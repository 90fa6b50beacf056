package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.KerfCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The command as it is typed. */
class DemoCommandTest {

  private final KerfCalls kerf = new KerfCalls();

  @Test
  void theAddressComesFirstAndTheMeaningLast() {
    int code =
        demo(
            "--headless",
            "--pods",
            "12",
            "--listen",
            "127.0.0.1:0",
            "--set",
            "readiness.warmUpPods=0");

    assertThat(code).isZero();
    assertThat(kerf.out()).startsWith("http://127.0.0.1:").contains("12 pods in");
    assertThat(kerf.out()).contains("GPUs needed").contains("no slots given twice");
  }

  @Test
  void jsonIsOneObjectOnStdoutAndTheCourseGoesToStderr() throws IOException {
    int code =
        demo(
            "--json", "--pods", "12", "--listen", "127.0.0.1:0", "--set", "readiness.warmUpPods=0");

    assertThat(code).isZero();
    JsonNode json = new ObjectMapper().readTree(kerf.out());
    assertThat(json.path("finished").asInt()).isEqualTo(12);
    assertThat(json.at("/kerf/gpusNeeded").asInt()).isPositive();
    assertThat(json.path("doubleAllocations").asInt()).isZero();
    assertThat(kerf.err()).startsWith("http://127.0.0.1:");
  }

  @Test
  void aTakenPortIsSaidWithWhatToDo() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + other.getLocalPort();

      assertThat(demo("--headless", "--pods", "1", "--listen", address)).isEqualTo(1);
      assertThat(kerf.err())
          .contains("Kerf cannot listen on " + address + ": the address is taken")
          .contains("--listen 127.0.0.1:0");
    }
  }

  @Test
  void wrongUsageIsTwo() {
    assertThat(demo("--rate", "0")).isEqualTo(2);
    assertThat(demo("--pods", "-3")).isEqualTo(2);
    assertThat(demo("--listen", "8880")).isEqualTo(2);
    assertThat(demo("--set", "limits.bodi=1KiB")).isEqualTo(2);
    assertThat(kerf.err())
        .contains("--rate (0.0)", "--pods (-3)", "--listen (8880) is not HOST:PORT", "bodi");
  }

  private int demo(String... arguments) {
    return kerf.call(Stream.concat(Stream.of("demo"), Stream.of(arguments)).toArray(String[]::new));
  }
}
