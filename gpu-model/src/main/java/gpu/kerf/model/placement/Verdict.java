package gpu.kerf.model.placement;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the model says of a demand on a node: it fits, not now, or never, with the reason. One
 * object per reason.
 */
public final class Verdict {

  /** The three answers that a scheduler tells apart. */
  public enum Kind {
    FITS,
    NOT_NOW,
    NEVER
  }

  public static final Verdict FITS = new Verdict(Kind.FITS, null);

  private static final Map<Reason, Verdict> REFUSALS = refusals();

  private final Kind kind;
  private final @Nullable Reason reason;

  private Verdict(Kind kind, @Nullable Reason reason) {
    this.kind = kind;
    this.reason = reason;
  }

  public static Verdict of(Reason reason) {
    return Objects.requireNonNull(REFUSALS.get(reason));
  }

  public Kind kind() {
    return kind;
  }

  public boolean fits() {
    return kind == Kind.FITS;
  }

  /** Why it does not fit; null when it does. */
  public @Nullable Reason reason() {
    return reason;
  }

  private static Map<Reason, Verdict> refusals() {
    Map<Reason, Verdict> refusals = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      refusals.put(reason, new Verdict(reason.never() ? Kind.NEVER : Kind.NOT_NOW, reason));
    }
    return refusals;
  }

  @Override
  public String toString() {
    return reason == null ? "fits" : (kind == Kind.NEVER ? "never: " : "not now: ") + reason.text();
  }
}
