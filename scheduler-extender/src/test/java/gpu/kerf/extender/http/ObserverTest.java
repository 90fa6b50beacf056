package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.http.Wire.Reply;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The port for those who only look. */
class ObserverTest {
  private static final String[] OPEN = {"observe.host=127.0.0.1", "observe.port=0"};

  private static Reply get(int port, String path) {
    try (Wire wire = new Wire(port)) {
      return wire.send("GET " + path + " HTTP/1.1\nHost: x\n\n").reply();
    }
  }

  @Test
  void thereIsNoneUnlessItIsAskedFor() {
    try (TestService service = TestService.with()) {
      assertThat(service.service.observed()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/readyz", "/metrics"})
  void itSaysHowThingsStand(String path) {
    try (TestService service = TestService.with(OPEN)) {
      assertThat(get(service.service.observed(), path).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void noVerbIsThere(String console) {
    try (TestService service = TestService.with(OPEN[0], OPEN[1], "observe.console=" + console)) {
      for (String verb :
          List.of("/filter", "/prioritize", "/bind", "/preempt", "/filter/", "//filter")) {
        try (Wire wire = new Wire(service.service.observed())) {
          assertThat(wire.post(verb, "{}").reply().status()).as(verb).isEqualTo(404);
        }
      }
      assertThat(service.binds).isEmpty();
      try (Wire wire = new Wire(service.port())) {
        assertThat(wire.post("/filter", "{}").reply().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void theConsoleIsThereOnlyIfItIsAskedFor() {
    try (TestService few = TestService.with(OPEN);
        TestService all = TestService.with(OPEN[0], OPEN[1], "observe.console=true")) {
      Reply refused = get(few.service.observed(), "/");
      assertThat(refused.status()).isEqualTo(404);
      assertThat(refused.body()).contains("observe.console");
      assertThat(get(all.service.observed(), "/").body()).contains("<html");
    }
  }

  @Test
  void aClientThatCrowdsItTakesNothingFromTheVerbsAndNotTheKubeletsAnswer() {
    List<Wire> crowd = new ArrayList<>();
    try (TestService service = TestService.with(OPEN[0], OPEN[1], "limits.connections=1")) {
      for (int i = 0; i < 300; i++) {
        crowd.add(new Wire(service.service.observed()));
      }
      assertThat(get(service.service.observed(), "/healthz").status()).isEqualTo(200);
      try (Wire wire = new Wire(service.port())) {
        assertThat(wire.post("/filter", "{}").reply().status()).isEqualTo(200);
      }
    } finally {
      crowd.forEach(Wire::close);
    }
  }

  @Test
  void itIsClosedWithTheService() {
    int port;
    try (TestService service = TestService.with(OPEN)) {
      port = service.service.observed();
    }
    assertThat(isOpen(port)).isFalse();
  }

  private static boolean isOpen(int port) {
    try {
      new Wire(port).close();
      return true;
    } catch (UncheckedIOException refused) {
      return false;
    }
  }
}
