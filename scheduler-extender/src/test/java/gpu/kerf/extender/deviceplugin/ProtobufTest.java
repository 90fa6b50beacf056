package gpu.kerf.extender.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages as {@code protoc --encode} writes them. */
class ProtobufTest {

  private static String hex(Protobuf message) {
    return HexFormat.of().formatHex(message.bytes());
  }

  @Test
  void fieldsAreWrittenAsTheFormatHasThem() {
    // 0a: field 1 with a length; 18: field 3 as a number.
    assertThat(hex(new Protobuf().text(1, "ab").truth(3, true))).isEqualTo("0a026162" + "1801");
    assertThat(hex(new Protobuf().truth(3, false))).as("a truth of no").isEmpty();
    assertThat(hex(new Protobuf().message(2, new Protobuf().text(1, "a"))))
        .isEqualTo("1203" + "0a0161");
    // 300 bytes: the length is ac 02.
    assertThat(hex(new Protobuf().text(1, "a".repeat(300)))).startsWith("0aac02");
  }

  @Test
  void onlyTheFieldThatIsAskedForIsCounted() {
    Protobuf message =
        new Protobuf().text(1, "a").truth(3, true).text(2, "b").message(1, new Protobuf());
    assertThat(Protobuf.count(message.bytes(), 1)).isEqualTo(2);
    assertThat(Protobuf.count(message.bytes(), 2)).isEqualTo(1);
    assertThat(Protobuf.count(message.bytes(), 4)).isZero();
    assertThat(Protobuf.count(new byte[0], 1)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0a", "0a05", "0a0561", "0aff", "0affffffffffffffffff01", "0b00", "0d00"})
  void whatIsNoMessageIsRefused(String hex) {
    byte[] message = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> Protobuf.count(message, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bytesAtRandomAreCountedOrRefused() {
    Random random = new Random(20_261_129);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      try {
        assertThat(Protobuf.count(bytes, 1)).isBetween(0, bytes.length);
      } catch (IllegalArgumentException refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }
}
