package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each decision says what was tempting, why it is wrong, and which test holds it. */
class DecisionsTest {

  @Test
  void eachSaysWhatWasTemptingWhyItIsWrongAndWhatPinsIt() throws IOException {
    for (String decision : decisions()) {
      assertThat(decision).contains("\n*Tempting:* ", "\n*Wrong because:* ", "\n*Pinned by:* ");
    }
  }

  @Test
  void eachNamesATestThatExistsOrSaysThatThereIsNone() throws IOException {
    Sources sources = Sources.read();
    int pinned = 0;
    for (String decision : decisions()) {
      String pins = decision.substring(decision.indexOf("\n*Pinned by:* "));
      List<String> tests =
          Sources.codeIn(pins).stream()
              .filter(word -> word.matches("[A-Z]\\w*Test(\\.\\w+)?"))
              .toList();
      if (tests.isEmpty()) {
        assertThat(pins).as(decision.lines().findFirst().orElse("")).contains("no test");
      }
      for (String test : tests) {
        pinned++;
        assertThat(sources.hasTest(test)).as("%s, named by:%n%s", test, decision).isTrue();
      }
    }
    assertThat(pinned).isGreaterThan(50);
  }

  private static List<String> decisions() throws IOException {
    String page = Files.readString(Markdown.root().resolve("docs/explanation/decisions.md"));
    List<String> parts = List.of(page.split("\n## "));
    return parts.subList(1, parts.size());
  }
}
