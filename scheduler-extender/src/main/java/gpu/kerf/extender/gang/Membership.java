package gpu.kerf.extender.gang;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pod says of its gang.
 *
 * @param size null if another object says it
 * @param problem why the pod cannot be in this gang; empty if it can
 */
public record Membership(GangKey gang, @Nullable GangSize size, String problem) {

  /** A gang whose size stands in an object of its own. */
  static Membership sizedElsewhere(GangKey gang) {
    return new Membership(gang, null, "");
  }

  static Membership of(GangKey gang, GangSize size) {
    return new Membership(gang, size, "");
  }

  static Membership refused(GangKey gang, @Nullable String problem) {
    return new Membership(gang, null, Objects.requireNonNullElse(problem, "no reason"));
  }

  public boolean isRefused() {
    return !problem.isEmpty();
  }
}
