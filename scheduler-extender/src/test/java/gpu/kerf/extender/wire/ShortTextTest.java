package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShortTextTest {

  @Test
  void whatIsShortStays() {
    assertThat(ShortText.of("One. Two.", 9)).isEqualTo("One. Two.");
  }

  @Test
  void aLongTextIsCutAfterASentence() {
    assertThat(ShortText.of("The first sentence. The second one is too long.", 30))
        .isEqualTo("The first sentence. …");
    assertThat(ShortText.of("first problem; second problem", 20)).isEqualTo("first problem; …");
  }

  @Test
  void aLongSentenceIsCutAfterAWordAndALongWordAnywhere() {
    assertThat(ShortText.of("one two three", 9)).isEqualTo("one two…");
    assertThat(ShortText.of("abcdefgh", 3)).isEqualTo("abc…");
  }
}
