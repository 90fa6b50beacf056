package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.dialect.Word.Role;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import java.util.List;
import java.util.Map;

/**
 * All words of a dialect, and whether a pod uses them. Every pod is checked against every dialect,
 * so the check looks up the pod's words in a table.
 */
final class Words {

  private static final String[] NO_KEYS = {};

  private final List<Word> all;
  private final String[] limits;
  private final String[] annotations;
  private final Word[] limitPatterns;
  private final Word[] annotationPatterns;

  private Words(List<Word> all) {
    this.all = List.copyOf(all);
    this.limits = keys(Place.LIMIT);
    this.annotations = keys(Place.ANNOTATION);
    this.limitPatterns = patterns(Place.LIMIT);
    this.annotationPatterns = patterns(Place.ANNOTATION);
  }

  static Words of(Word... words) {
    return new Words(List.of(words));
  }

  private String[] keys(Place place) {
    return all.stream()
        .filter(word -> word.role() == Role.SPEAKS && word.place() == place && !word.isPattern())
        .map(Word::key)
        .toList()
        .toArray(NO_KEYS);
  }

  private Word[] patterns(Place place) {
    return all.stream()
        .filter(word -> word.role() == Role.SPEAKS && word.place() == place && word.isPattern())
        .toArray(Word[]::new);
  }

  List<Word> all() {
    return all;
  }

  boolean areSpokenBy(PodView pod) {
    return asks(pod.containers())
        || asks(pod.initContainers())
        || isThere(pod.annotations(), annotations, annotationPatterns);
  }

  private boolean asks(List<Container> containers) {
    for (int i = 0; i < containers.size(); i++) {
      if (areAskedBy(containers.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a container asks for anything in these words; zero of something is nothing. */
  boolean areAskedBy(Container container) {
    return isAsked(container.resources().limits()) || isAsked(container.resources().requests());
  }

  private boolean isAsked(Map<String, String> amounts) {
    for (String key : limits) {
      String amount = amounts.get(key);
      if (amount != null && !Value.isZero(amount)) {
        return true;
      }
    }
    if (limitPatterns.length > 0) {
      for (Map.Entry<String, String> each : amounts.entrySet()) {
        if (matches(limitPatterns, each.getKey()) && !Value.isZero(each.getValue())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isThere(Map<String, String> texts, String[] keys, Word[] patterns) {
    if (texts.isEmpty()) {
      return false;
    }
    for (String key : keys) {
      if (texts.containsKey(key)) {
        return true;
      }
    }
    if (patterns.length > 0) {
      for (String key : texts.keySet()) {
        if (matches(patterns, key)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean matches(Word[] patterns, String key) {
    for (Word pattern : patterns) {
      if (pattern.matches(key)) {
        return true;
      }
    }
    return false;
  }
}
