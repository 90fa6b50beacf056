package gpu.kerf.model.usage;

import java.util.List;

/** What one pod holds of GPUs, in a {@link UsageBook}. Its owner ends it there. */
public final class UsageHolding {
  private final String namespace;
  private final String owner;
  private List<String> teams;
  private List<UsagePart> parts;
  private List<UsageAccount> accounts = List.of();
  private UsageCell.Key[] keys = {};
  private long milli;
  private long since;

  /** Where it stands among those that are held; -1 if it has ended. */
  private int place = -1;

  UsageHolding(String namespace, String owner, List<String> teams, List<UsagePart> parts) {
    this.namespace = namespace;
    this.owner = owner;
    this.teams = List.copyOf(teams);
    this.parts = List.copyOf(parts);
  }

  /** The team that it counts for, and those above it. */
  public List<String> teams() {
    return teams;
  }

  String namespace() {
    return namespace;
  }

  public List<UsagePart> parts() {
    return parts;
  }

  boolean isHeld() {
    return place >= 0;
  }

  int place() {
    return place;
  }

  void moveTo(int other) {
    place = other;
  }

  long since() {
    return since;
  }

  UsageCell.Key key(int part) {
    return keys[part];
  }

  void become(List<String> otherTeams, List<UsagePart> otherParts) {
    teams = List.copyOf(otherTeams);
    parts = List.copyOf(otherParts);
  }

  /** Counts for these accounts from a moment on. */
  void begin(List<UsageAccount> those, long at) {
    since = at;
    accounts = those;
    keys = new UsageCell.Key[parts.size()];
    milli = 0;
    for (int i = 0; i < keys.length; i++) {
      UsagePart part = parts.get(i);
      keys[i] = key(part, i);
      milli += part.milli();
    }
    for (UsageAccount account : accounts) {
      account.begin(milli, at);
    }
  }

  /** Parts of the same model behind the same kind of wall share a key. */
  private UsageCell.Key key(UsagePart part, int before) {
    for (int i = 0; i < before; i++) {
      if (keys[i].model().equals(part.model()) && keys[i].wall().equals(part.wall())) {
        return keys[i];
      }
    }
    return new UsageCell.Key(teams.get(0), namespace, owner, part.model(), part.wall());
  }

  void end(long at) {
    for (UsageAccount account : accounts) {
      account.end(milli, since, at);
    }
  }

  /** Counts it in a meter of an account that has just come. */
  void countIn(UsageAccount account, UsageMeter meter) {
    if (accounts.contains(account)) {
      meter.begin(milli, since);
    }
  }
}
