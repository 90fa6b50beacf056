package gpu.kerf.extender.cluster.kubernetes.watching;

import java.io.IOException;

/** Which deletions a watch that was interrupted has to hear before its next list counts. */
public interface DeletionHistory {

  /**
   * From which version on deletions must be heard; -1 if no replica has ever heard any.
   *
   * @param heard up to which version this replica has heard all; -1 if nothing
   */
  long from(long heard) throws IOException;

  /**
   * The API server has forgotten deletions before a list.
   *
   * @param listed the version of the list
   */
  void forgotten(long listed);
}
