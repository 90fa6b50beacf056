package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.wire.MigReservations.Reservation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of HAMi 2.10, as its documentation of dynamic MIG gives it. */
class MigReservationsTest {

  /** With what the plugin adds when it has made the instance. */
  private static final String MADE =
      """
      [{"containerIndex":0,"deviceIndex":0,"gpuUUID":"GPU-xxxxxxxx","profile":"2g.10gb","placement":{"start":2,"size":2},
        "migUUID":"MIG-xxxxxxxx","gpuInstanceID":4,"computeInstanceID":0}]\
      """;

  @Test
  void whatIsWrittenIsRead() throws WireException {
    List<Reservation> two =
        List.of(
            new Reservation(1, 0, "GPU-a", "1g.5gb", 6, 1),
            new Reservation(1, 1, "GPU-b", "7g.79gb", 0, 8));
    assertThat(MigReservations.write(two))
        .isEqualTo(
            """
            [{"containerIndex":1,"deviceIndex":0,"gpuUUID":"GPU-a","profile":"1g.5gb","placement":{"start":6,"size":1}},\
            {"containerIndex":1,"deviceIndex":1,"gpuUUID":"GPU-b","profile":"7g.79gb","placement":{"start":0,"size":8}}]\
            """);
    assertThat(MigReservations.parse(MigReservations.write(two))).isEqualTo(two);
  }

  @Test
  void whatThePluginAddsIsLeftOut() throws WireException {
    assertThat(MigReservations.parse(MADE))
        .containsExactly(new Reservation(0, 0, "GPU-xxxxxxxx", "2g.10gb", 2, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[",
        "[{}]",
        "[{\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"G\",\"profile\":\"1g.5gb\"}]",
        "[{\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"G\",\"profile\":\"1g.5gb\",\"placement\":{\"start\":-1,\"size\":1}}]",
        "[{\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"G\",\"profile\":\"1g.5gb\",\"placement\":{\"start\":0,\"size\":99999}}]"
      })
  void whatIsNoneIsRefused(String json) {
    assertThatThrownBy(() -> MigReservations.parse(json))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(MigReservations.ANNOTATION);
  }

  @Test
  void oneDeviceOfAContainerHasOneInstance() {
    String twice = MADE.replace("}]", "}," + MADE.substring(1));
    assertThatThrownBy(() -> MigReservations.parse(twice))
        .hasMessageContaining("two entries for one device of a container");
  }
}
