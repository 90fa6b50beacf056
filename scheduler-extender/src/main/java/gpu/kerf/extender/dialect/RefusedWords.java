package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.dialect.Word.Role;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The words of all dialects that name a device or a decision. A pod of any dialect may not bring
 * them, because node plugins believe them.
 */
final class RefusedWords {

  /** Names of resources and containers in keys go beyond it in attacks only. */
  private static final int LONGEST_KEY = 100;

  private final Map<String, Word> annotations = new HashMap<>();
  private final Map<String, Word> labels = new HashMap<>();
  private final List<Word> annotationPatterns = new ArrayList<>();
  private final List<Word> labelPatterns = new ArrayList<>();

  RefusedWords(List<Dialect> dialects) {
    for (Dialect dialect : dialects) {
      for (Word word : dialect.words()) {
        if (word.role() == Role.REFUSED) {
          add(word);
        }
      }
    }
  }

  private void add(Word word) {
    boolean label = word.place() == Place.LABEL;
    if (word.isPattern()) {
      (label ? labelPatterns : annotationPatterns).add(word);
    } else {
      (label ? labels : annotations).put(word.key(), word);
    }
  }

  void check(PodView pod, List<String> problems) {
    check(pod.annotations(), annotations, annotationPatterns, problems);
    check(pod.labels(), labels, labelPatterns, problems);
  }

  private static void check(
      Map<String, String> texts,
      Map<String, Word> exact,
      List<Word> patterns,
      List<String> problems) {
    if (texts.isEmpty()) {
      return;
    }
    for (Map.Entry<String, String> each : texts.entrySet()) {
      Word word = find(each.getKey(), exact, patterns);
      if (word != null) {
        problems.add(
            "The "
                + word.place().shown()
                + " "
                + shownKey(each.getKey())
                + " ("
                + Quantity.shown(each.getValue())
                + ") "
                + word.meaning()
                + ".\n"
                + word.hint()
                + ".");
      }
    }
  }

  static String shownKey(String key) {
    return key.length() > LONGEST_KEY ? key.substring(0, LONGEST_KEY) + "…" : key;
  }

  private static @Nullable Word find(String key, Map<String, Word> exact, List<Word> patterns) {
    Word word = exact.get(key);
    for (int i = 0; i < patterns.size() && word == null; i++) {
      word = patterns.get(i).matches(key) ? patterns.get(i) : null;
    }
    return word;
  }
}
