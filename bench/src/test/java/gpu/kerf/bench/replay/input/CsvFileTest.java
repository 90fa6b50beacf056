package gpu.kerf.bench.replay.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CsvFileTest {
  private static final List<String> COLUMNS = List.of("name", "size");

  @TempDir private Path folder = Path.of("");

  @Test
  void columnsMayStandInAnyOrderBesideOthers() throws IOException {
    CsvFile file = read("color,size,name\nred,3,a\n,4,b\n");

    assertThat(file.rows()).hasSize(2);
    assertThat(file.rows().get(1).text("name")).isEqualTo("b");
    assertThat(file.rows().get(1).number("size", 0, 9)).isEqualTo(4);
    assertThat(file.has("color")).isTrue();
    assertThat(file.has("weight")).isFalse();
    assertThat(file.rows().get(1).textOrEmpty("weight")).isEmpty();
  }

  @Test
  void aByteOrderMarkForeignLineEndsAndBlankLinesDoNotMatter() throws IOException {
    CsvFile file = read("\ufeffname,size\r\na , 3\r\n\r\nb,4\r\n\r\n");

    assertThat(file.rows()).hasSize(2);
    assertThat(file.rows().get(0).text("name")).isEqualTo("a");
    assertThat(file.rows().get(0).number("size", 3, 3)).isEqualTo(3);
  }

  @Test
  void linesAreCountedAsEditorsDo() throws IOException {
    CsvFile file = read("name,size\n\n\nb,x\n");

    assertThatThrownBy(() -> file.rows().get(0).number("size", 0, 9))
        .hasMessageStartingWith(folder.resolve("t.csv") + ", line 4, column size: (x)");
  }

  @ParameterizedTest
  @CsvSource({
    "12x, is not a whole number",
    "1.0, is not a whole number",
    "1e3, is not a whole number",
    "'', the value is missing",
    "-1, is out of range",
    "101, is out of range",
    "2147483648, is out of range",
    "99999999999999999999, is out of range",
    "٣, is not a whole number",
  })
  void aNumberThatIsNoneIsNamedWithItsRange(String value, String problem) throws IOException {
    CsvFile file = read("name,size\na," + value + "\n");

    assertThatThrownBy(() -> file.rows().get(0).number("size", 0, 100))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 2, column size")
        .hasMessageContaining(problem);
  }

  @Test
  void anEmptyFileIsRefused() {
    assertThatThrownBy(() -> read("")).hasMessageContaining("the file is empty");
    assertThatThrownBy(() -> read("\n \n")).hasMessageContaining("the file is empty");
  }

  @Test
  void aHeaderWithoutRowsIsRefused() {
    assertThatThrownBy(() -> read("name,size\n")).hasMessageContaining("no row under the header");
  }

  @Test
  void aMissingColumnIsNamedWithThoseThatAreThere() {
    assertThatThrownBy(() -> read("name,length\na,3\n"))
        .hasMessageContaining("there is no column size among (name,length)")
        .hasMessageContaining("must name the columns name, size");
  }

  @Test
  void twoColumnsOfOneNameAreRefused() {
    assertThatThrownBy(() -> read("name,size,name\na,3,b\n"))
        .hasMessageContaining("line 1: two columns have the name (name)");
  }

  @Test
  void aLineThatWasCutOffIsRefused() {
    assertThatThrownBy(() -> read("name,size\na,3\nb\n"))
        .hasMessageContaining("line 3: has 1 values where the header has 2 columns");
  }

  @Test
  void aQuotationMarkIsRefusedRatherThanMisread() {
    assertThatThrownBy(() -> read("name,size\n\"a,b\",3\n"))
        .hasMessageContaining("line 2: there is a quotation mark");
  }

  @Test
  void aFileThatIsNotThereOrNoTextIsNamed() throws IOException {
    Path binary = folder.resolve("binary");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xd8});

    assertThatThrownBy(() -> CsvFile.read(folder.resolve("gone"), COLUMNS))
        .hasMessageContaining("gone: no such file");
    assertThatThrownBy(() -> CsvFile.read(folder, COLUMNS)).hasMessageContaining("is a folder");
    assertThatThrownBy(() -> CsvFile.read(binary, COLUMNS))
        .hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void aLongValueIsShownInPart() throws IOException {
    CsvFile file = read("name,size\na," + "x".repeat(10_000) + "\n");

    assertThatThrownBy(() -> file.rows().get(0).number("size", 0, 9))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1_000));
  }

  private CsvFile read(String text) throws IOException {
    Path path = folder.resolve("t.csv");
    Files.write(path, text.getBytes(StandardCharsets.UTF_8));
    return CsvFile.read(path, COLUMNS);
  }
}
