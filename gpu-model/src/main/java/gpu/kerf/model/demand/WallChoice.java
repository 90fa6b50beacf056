package gpu.kerf.model.demand;

import java.util.Locale;

/** Which walls a demand accepts. */
public enum WallChoice {
  /** Any wall: Kerf takes the one that strands least. */
  ANY,
  MIG,
  MPS;

  public boolean accepts(Wall wall) {
    return switch (this) {
      case ANY -> true;
      case MIG -> wall == Wall.MIG;
      case MPS -> wall == Wall.MPS;
    };
  }

  /** Reads the value of {@code kerf.gpu/wall}. */
  public static WallChoice parse(String word) {
    for (WallChoice choice : values()) {
      if (choice.word().equals(word)) {
        return choice;
      }
    }
    throw new IllegalArgumentException(
        "The kerf.gpu/wall (" + word + ") is not known.\nWrite one of any, mig, mps.");
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
