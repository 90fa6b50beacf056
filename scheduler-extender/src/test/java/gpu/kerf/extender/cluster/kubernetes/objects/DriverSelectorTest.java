package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of which drivers a selector can match devices: never fewer than CEL says. */
class DriverSelectorTest {

  private static void assertDrivers(String expression, String... drivers) {
    assertThat(DriverSelector.drivers(expression)).as(expression).isEqualTo(Set.of(drivers));
  }

  @Test
  void theFormsOfUsualClassesAreRead() {
    assertDrivers("device.driver == 'gpu.nvidia.com'", "gpu.nvidia.com");
    assertDrivers(" \"dra.net\"==device.driver ", "dra.net");
    assertDrivers("(device.driver == \"dra.net\")", "dra.net");
    assertDrivers(
        "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'",
        "gpu.nvidia.com");
    assertDrivers(
        "device.attributes['a.b'].x == 'device.driver == \"c\"' && (device.driver == 'a.b')",
        "a.b");
    assertDrivers("device.driver in ['a', \"b\"]", "a", "b");
    assertDrivers("device.driver == 'a' || device.driver == 'b'", "a", "b");
    assertDrivers("(device.driver == 'a' || device.driver == 'b') && device.driver == 'b'", "b");
  }

  @Test
  void whatExcludesItselfMatchesNoDriver() {
    assertDrivers("device.driver == 'a' && device.driver == 'b'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "true",
        "device.driver != 'dra.net'",
        "!(device.driver == 'dra.net')",
        "device.driver == 'dra.net' || true",
        "device.driver == 'dra.net' || device.attributes['x'].y",
        "true ? true : device.driver == 'dra.net' && true",
        "device.driver == 'dra.net' ? true : true",
        "device.driver.startsWith('dra.net')",
        "[device.driver == 'dra.net' && false].size() == 1",
        "device.driver == 'dra.net' == false",
        "device.driver == 'dra.n\\x65t'",
        "device.driver == r'dra.net'",
        "'a' == 'device.driver == \"dra.net\"'",
        "'||' + device.driver == 'dra.net'",
        "true // && device.driver == 'dra.net'",
        "true || ''''a''' && device.driver == 'dra.net'",
        "(true) || (device.driver == 'dra.net')",
        "(device.driver == 'dra.net') != (device.driver == 'a')",
        "device.driver == 'dra.net' && (true",
        "device.driver == 'dra.net') || (true",
        "other.driver == 'dra.net'",
        "xdevice.driver == 'dra.net'"
      })
  void whatIsNotReadMayMatchEveryDriver(String expression) {
    assertThat(DriverSelector.drivers(expression)).isNull();
  }

  @Test
  void bracketsWithoutEndTakeNoLongTime() {
    String deep = "(".repeat(5_000) + "device.driver == 'a'" + ")".repeat(5_000);
    assertThat(DriverSelector.drivers(deep)).isNull();
  }

  /** A tenant may write as much into a claim: the API server takes 10 KiB for one selector. */
  @Test
  void aListWithManyNamesIsRead() {
    String many = "device.driver in ['dra.net'" + ",'a'".repeat(2_500) + "]";
    assertDrivers(many, "dra.net", "a");
    assertThat(DriverSelector.drivers(many.replace("]", ",]"))).isNull();
  }
}
