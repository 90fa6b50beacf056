package gpu.kerf.extender.cluster.kubernetes.watching;

import gpu.kerf.extender.cluster.kubernetes.calling.Resource;

/** What became of a watch, for those who count. */
public interface WatchNews {

  /** Why a watch ended before its time, or a list was needed again. */
  enum Cause {
    /** Nothing was heard, though the API server promises a sign of life. */
    SILENT,
    /** The connection broke, or was refused. */
    BROKEN,
    /** The API server no longer remembers where the watch stood. */
    FORGOTTEN,
    /** What came made no sense. */
    GARBLED,
    /** Its events could not be taken in: what was lost is listed again. */
    LOST,
    /** The code that follows it failed. */
    FAILED
  }

  void ended(Resource resource, Cause cause);

  void listed(Resource resource, int objects, long millis);

  void event(Resource resource);

  /** An object that cannot be read is left out. */
  void unreadable(Resource resource);
}
