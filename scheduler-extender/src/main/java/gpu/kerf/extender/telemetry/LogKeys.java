package gpu.kerf.extender.telemetry;

/**
 * The keys of key-value pairs in the log. The message says what happened; the pairs name the
 * objects.
 */
public final class LogKeys {
  public static final String ID = "id";
  public static final String CODE = "code";
  public static final String STATUS = "status";
  public static final String VERB = "verb";
  public static final String METHOD = "method";
  public static final String PATH = "path";
  public static final String PEER = "peer";
  public static final String HINT = "hint";
  public static final String POD = "pod";
  public static final String UID = "uid";
  public static final String NODE = "node";
  public static final String ADDRESS = "address";
  public static final String FILE = "file";
  public static final String MILLIS = "millis";
  public static final String COUNT = "count";
  public static final String PROBLEM = "problem";
  public static final String RESOURCE = "resource";
  public static final String CAUSE = "cause";
  public static final String HOLDER = "holder";

  private LogKeys() {}
}
