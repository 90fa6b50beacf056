package gpu.kerf.extender.certificate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Secret and a webhook configuration that a test holds in its hand. */
final class FakeVault implements Vault {
  @Nullable Bundle kept;
  int version = 1;
  String believed = "";
  boolean away;
  @Nullable Error broken;

  /** Another replica that writes between reading and writing, once. */
  @Nullable Runnable between;

  final List<Bundle> all = new ArrayList<>();

  @Override
  public Kept read() throws IOException {
    if (broken != null) {
      throw broken;
    }
    if (away) {
      throw new IOException("no answer");
    }
    return new Kept(kept, "" + version);
  }

  @Override
  public boolean replace(String of, Bundle bundle) {
    Runnable first = between;
    between = null;
    if (first != null) {
      first.run();
    }
    if (!of.equals("" + version)) {
      return false;
    }
    version++;
    kept = bundle;
    all.add(bundle);
    return true;
  }

  @Override
  public void believe(String authorities) {
    believed = authorities;
  }
}
