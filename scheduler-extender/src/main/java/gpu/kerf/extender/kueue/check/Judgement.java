package gpu.kerf.extender.kueue.check;

import gpu.kerf.model.placement.Placement;
import java.util.List;

/**
 * What Kerf thinks of a workload.
 *
 * @param text the message for the check
 * @param places where its pods would go, if they fit
 */
record Judgement(Kind kind, String text, List<Placement> places) {

  /** What it comes to. */
  enum Kind {
    FITS,
    /** It may fit later. */
    WAITS,
    /** No managed node could ever take one of its pods. */
    NEVER,
    /** What it asks makes no sense. */
    INVALID,
    /** A part of what it says is not known to Kerf yet. */
    UNKNOWN
  }

  Judgement {
    places = List.copyOf(places);
  }

  static Judgement of(Kind kind, String text) {
    return new Judgement(kind, text, List.of());
  }
}
