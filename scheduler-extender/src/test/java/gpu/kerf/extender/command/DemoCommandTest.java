package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The command as it is typed. */
class DemoCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

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
    assertThat(out.toString()).startsWith("http://127.0.0.1:").contains("12 pods in");
    assertThat(out.toString()).contains("GPUs needed").contains("no slots given twice");
  }

  @Test
  void jsonIsOneObjectOnStdoutAndTheCourseGoesToStderr() throws IOException {
    int code =
        demo(
            "--json", "--pods", "12", "--listen", "127.0.0.1:0", "--set", "readiness.warmUpPods=0");

    assertThat(code).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("finished").asInt()).isEqualTo(12);
    assertThat(json.at("/kerf/gpusNeeded").asInt()).isPositive();
    assertThat(json.path("doubleAllocations").asInt()).isZero();
    assertThat(err.toString()).startsWith("http://127.0.0.1:");
  }

  @Test
  void aTakenPortIsSaidWithWhatToDo() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + other.getLocalPort();

      assertThat(demo("--headless", "--pods", "1", "--listen", address)).isEqualTo(1);
      assertThat(err.toString())
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
    assertThat(err.toString())
        .contains("--rate (0.0)", "--pods (-3)", "--listen (8880) is not HOST:PORT", "bodi");
  }

  private int demo(String... arguments) {
    return new CommandLine(new DemoCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println(failure.getMessage());
              return 1;
            })
        .execute(arguments);
  }
}
