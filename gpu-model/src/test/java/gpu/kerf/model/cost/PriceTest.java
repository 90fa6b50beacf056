package gpu.kerf.model.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PriceTest {

  @ParameterizedTest
  @CsvSource({"3.20,3.2", "0,0", "0.000001,0.000001", "1000000,1000000", "2.5000000,2.5"})
  void aPriceIsReadExactly(String text, String written) {
    assertThat(Price.parse(text)).hasToString(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaN",
        "-1",
        "1e3",
        "Infinity",
        "",
        " ",
        "1.",
        ".5",
        "0.0000001",
        "1,5",
        "1000000.000001",
        "9999999",
        "99999999999999999999",
        "0x10",
        "٣"
      })
  void whatIsNoPriceIsRefused(String text) {
    assertThatThrownBy(() -> Price.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aModelWithoutAPriceHasTheOneOfAllOthers() {
    PriceList list = new PriceList("EUR", Map.of("L4", Price.parse("1")), Price.parse("0.4"));

    assertThat(list.of("L4")).hasToString("1");
    assertThat(list.of("T4")).hasToString("0.4");
  }
}
