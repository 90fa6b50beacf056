package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.dialect.Word.Role;
import gpu.kerf.extender.wire.PodView;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every word of every dialect with invalid values. */
class HostileWordsTest {

  private static final List<String> NONSENSE =
      List.of(
          "NaN",
          "-1",
          "-0.5",
          "1e999",
          "Infinity",
          "0x10",
          "",
          " ",
          ",",
          "½",
          "١٢",
          "\u0000",
          "9".repeat(100_000),
          "0." + "0".repeat(100_000),
          "9".repeat(39) + "e9",
          "8Gi\n",
          "${env}",
          "\ud83d\ude00");

  private final Dialects dialects = Dialects.all();

  @TestFactory
  Stream<DynamicTest> nonsenseIsRefusedInEveryWordThatCounts() {
    return dialects.each().stream()
        .flatMap(dialect -> dialect.words().stream())
        .filter(word -> word.role() != Role.KEPT)
        .map(
            word ->
                DynamicTest.dynamicTest(
                    word.key(), () -> NONSENSE.forEach(value -> refuse(word, value))));
  }

  private void refuse(Word word, String value) {
    PodView pod = pod(word, value).build();
    Reading reading = dialects.read(pod);
    if (word.role() == Role.SPEAKS && word.place() == Place.LIMIT) {
      assertThat(reading.problems()).as(word.key() + "=" + shown(value)).isNotEmpty();
    }
    assertThat(reading.problems())
        .allSatisfy(
            problem -> {
              assertThat(problem.length()).isLessThan(400);
              assertThat(problem).contains("\n");
            });
    assertThat(reading.problemText().length()).isLessThanOrEqualTo(401);
  }

  private static PodView.Builder pod(Word word, String value) {
    String key = word.key().replaceAll("<[a-z]+>", "main");
    PodView.Builder pod = PodView.of(new PodView.Ref("ml", "p", "u"));
    return switch (word.place()) {
      case LIMIT -> pod.container("main", Map.of(key, value));
      case ANNOTATION ->
          pod.annotation(key, value).container("main", Map.of("nvidia.com/gpumem", "3000"));
      case LABEL -> pod.label(key, value).container("main", Map.of("nvidia.com/gpu", "1"));
    };
  }

  private static String shown(String value) {
    return value.length() > 40 ? value.substring(0, 40) : value;
  }

  @TestFactory
  Stream<DynamicTest> nonsenseInAnnotationsIsRefused() {
    return Stream.of(
            "gpu-fraction",
            "gpu-memory",
            "gpu-memory.limit",
            "gpu-fraction-num-devices",
            "gpu-fraction-container-name",
            "nvidia.com/container.main.gpu-memory.request",
            "nvidia.com/container.main.gpu-memory.limit",
            "nvidia.cdi.k8s.io/main.gpu-memory.limit",
            "kai.scheduler/container.main.gpu-memory.portion.limit",
            "mps",
            "kai.scheduler/gpu-compute-sharing-mode")
        .map(
            key ->
                DynamicTest.dynamicTest(
                    key,
                    () -> {
                      for (String value : NONSENSE) {
                        PodView pod =
                            PodView.of(new PodView.Ref("ml", "p", "u"))
                                .container("main", Map.of())
                                .annotation("gpu-fraction", "0.5")
                                .annotation(key, value)
                                .build();
                        assertThat(dialects.read(pod).problems()).as(shown(value)).isNotEmpty();
                      }
                    }));
  }

  @Test
  void everyWordBesideEveryOtherIsReadOrRefused() {
    List<Word> words = dialects.each().stream().flatMap(each -> each.words().stream()).toList();
    for (Word one : words) {
      for (Word other : words) {
        PodView.Builder pod = PodView.of(new PodView.Ref("ml", "p", "u"));
        add(pod, one, "2");
        add(pod, other, "0.5");
        assertThatCode(() -> dialects.read(pod.build()))
            .as(one.key() + " beside " + other.key())
            .doesNotThrowAnyException();
      }
    }
  }

  private static void add(PodView.Builder pod, Word word, String value) {
    String key = word.key().replaceAll("<[a-z]+>", "1g.10gb");
    switch (word.place()) {
      case LIMIT -> pod.container("c" + Integer.toHexString(key.hashCode()), Map.of(key, value));
      case ANNOTATION -> pod.annotation(key, value);
      case LABEL -> pod.label(key, value);
    }
  }
}
