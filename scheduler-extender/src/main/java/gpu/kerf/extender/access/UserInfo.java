package gpu.kerf.extender.access;

import java.util.List;
import java.util.Map;

/**
 * A user as TokenReview names it and SubjectAccessReview takes it.
 *
 * @param extra what the authenticator adds
 */
public record UserInfo(
    String username, String uid, List<String> groups, Map<String, List<String>> extra) {

  public UserInfo {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }
}
