package gpu.kerf.extender.docs;

import java.nio.file.Path;
import java.util.List;

/** The pages whose commands a reader copies, in the order in which one works through them. */
public final class Guides {
  public static final Path INSTALL = page("docs/how-to/install.md");
  public static final Path FIRST_SHARE = page("docs/tutorials/first-share.md");
  public static final Path README = page("README.md");
  public static final Path UPGRADE = page("docs/how-to/upgrade.md");
  public static final Path UNINSTALL = page("docs/how-to/uninstall.md");

  private static final Path DEMO = page("docs/tutorials/demo.md");

  private Guides() {}

  static List<Path> all() {
    return List.of(INSTALL, FIRST_SHARE, README, UPGRADE, UNINSTALL, DEMO);
  }

  private static Path page(String name) {
    return Markdown.root().resolve(name);
  }
}
