package gpu.kerf.extender.access;

import java.util.Set;

/**
 * Whether a client may see anything, and what.
 *
 * @param text who the client is, or why there is no verdict; for people
 */
public record AccessVerdict(Kind kind, Viewer viewer, String text) {

  private static final Viewer NOTHING = new Viewer(false, false, Set.of(), Set.of());

  /** What became of the request. */
  public enum Kind {
    ALLOWED,
    /** The request has no bearer token. */
    NO_TOKEN,
    /** The API server does not know the token, or it has expired. */
    INVALID_TOKEN,
    /** The user is known and may see nothing of this. */
    FORBIDDEN,
    /** The API server did not answer, so nothing is shown. */
    NOT_REVIEWED
  }

  static AccessVerdict allowed(UserInfo user, Viewer viewer) {
    return new AccessVerdict(Kind.ALLOWED, viewer, user.username());
  }

  static AccessVerdict refused(Kind kind, String text) {
    return new AccessVerdict(kind, NOTHING, text);
  }
}
