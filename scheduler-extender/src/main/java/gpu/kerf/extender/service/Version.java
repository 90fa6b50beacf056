package gpu.kerf.extender.service;

/** Which Kerf this is. */
public final class Version {

  private Version() {}

  public static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }
}
