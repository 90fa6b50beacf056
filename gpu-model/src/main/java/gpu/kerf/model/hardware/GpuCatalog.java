package gpu.kerf.model.hardware;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The GPU models that are known, found by the names under which drivers, labels and people write
 * them.
 *
 * <p>A name is looked up whole, never by a part of it: {@code A10} is not {@code A100}. Case,
 * blanks and dashes do not matter, nor do {@code NVIDIA} and {@code Tesla} in front and what the
 * device plugin appends ({@code -SHARED}, {@code -MIG-1g.10gb}). Where several models share a name
 * ({@code A100}), the reported memory decides; where it cannot decide, the catalogue returns no
 * model and does not guess.
 */
public final class GpuCatalog {

  private static final Pattern INSTANCE = Pattern.compile("(?i)[-_ ]MIG[-_ ].*");
  private static final Pattern SHARED = Pattern.compile("(?i)[-_ ]SHARED$");

  /** Inline ECC, which users switch, takes a sixteenth of the memory of many cards. */
  private static final int TOLERANCE_PERCENT = 7;

  private final Map<String, GpuModel> models = new LinkedHashMap<>();
  private final Map<String, GpuModel> byName;
  private final Map<String, List<GpuModel>> byAlias = new HashMap<>();
  private final @Nullable GpuCatalog corrected;

  private GpuCatalog(List<GpuModel> own, @Nullable GpuCatalog corrected) {
    this.corrected = corrected;
    this.byName = byName(own);
    own.forEach(this::addAliases);
    if (corrected != null) {
      models.putAll(corrected.models);
    }
    models.putAll(byName);
  }

  /** What comes with Kerf. */
  public static GpuCatalog builtIn() {
    return BuiltIn.CATALOG;
  }

  /** Reads a catalogue text; its form is described at the head of the built-in one. */
  public static GpuCatalog parse(String text) {
    return of(CatalogText.parse(text));
  }

  public static GpuCatalog of(List<GpuModel> models) {
    return new GpuCatalog(models, null);
  }

  /**
   * This catalogue with models added or corrected. One with the name of a known model takes its
   * place and its aliases; the names of the added ones are looked up first.
   */
  public GpuCatalog with(GpuModel... added) {
    return new GpuCatalog(List.of(added), this);
  }

  /** Adds or corrects by all models of another catalogue. */
  public GpuCatalog with(GpuCatalog added) {
    return new GpuCatalog(List.copyOf(added.models()), this);
  }

  /** All models, the built-in ones first. */
  public Collection<GpuModel> models() {
    return List.copyOf(models.values());
  }

  /**
   * The model of that name.
   *
   * @param reportedMemoryMiB the total that the driver or a label reports; 0 = not known
   * @return none if the name is unknown, if the memory contradicts it, or if several models remain
   */
  public @Nullable GpuModel find(String name, int reportedMemoryMiB) {
    Require.between("reported memory of " + name, reportedMemoryMiB, 0, Require.MOST_MEMORY_MIB);
    String unshared = SHARED.matcher(name.strip()).replaceFirst("");
    String card = INSTANCE.matcher(unshared).replaceFirst("");
    // Beside the name of an instance stands the memory of the instance.
    int memoryMiB = card.equals(unshared) ? reportedMemoryMiB : 0;
    return findKey(key(card), memoryMiB);
  }

  private @Nullable GpuModel findKey(String key, int memoryMiB) {
    GpuModel found = nearest(candidates(key), memoryMiB);
    if (found == null && corrected != null) {
      GpuModel known = corrected.findKey(key, memoryMiB);
      return known == null ? null : models.get(key(known.name()));
    }
    return found;
  }

  private List<GpuModel> candidates(String key) {
    GpuModel named = byName.get(key);
    return named == null ? byAlias.getOrDefault(key, List.of()) : List.of(named);
  }

  private static @Nullable GpuModel nearest(List<GpuModel> candidates, int memoryMiB) {
    GpuModel nearest = null;
    boolean ambiguous = false;
    for (GpuModel candidate : candidates) {
      int distance = distance(candidate, memoryMiB);
      if (100L * distance <= (long) TOLERANCE_PERCENT * candidate.memoryMiB()) {
        int best = nearest == null ? Integer.MAX_VALUE : distance(nearest, memoryMiB);
        ambiguous = distance == best || (ambiguous && distance > best);
        nearest = distance < best ? candidate : nearest;
      }
    }
    return ambiguous ? null : nearest;
  }

  private static int distance(GpuModel model, int memoryMiB) {
    return memoryMiB == 0 ? 0 : Math.abs(model.memoryMiB() - memoryMiB);
  }

  private static Map<String, GpuModel> byName(List<GpuModel> models) {
    Map<String, GpuModel> index = new LinkedHashMap<>();
    for (GpuModel model : models) {
      Require.that(
          !key(model.name()).isEmpty(),
          "Dashes and the brand do not count.",
          () -> "The name (%s) of a GPU model says nothing.".formatted(model.name()));
      Require.that(
          index.put(key(model.name()), model) == null,
          "Maybe it should be one with two aliases.",
          () -> "The GPU model %s stands there twice.".formatted(model.name()));
    }
    return index;
  }

  private void addAliases(GpuModel model) {
    for (String alias : model.aliases()) {
      GpuModel owner = byName.get(key(alias));
      Require.that(
          owner == null,
          "A name belongs to one model; leave the alias out.",
          () -> "The alias (%s) of %s is the name of %s.".formatted(alias, model.name(), owner));
      List<GpuModel> holders = byAlias.computeIfAbsent(key(alias), unused -> new ArrayList<>());
      Require.that(
          !holders.contains(model),
          "Case, blanks and dashes do not make another name.",
          () -> "The alias (%s) of %s stands there twice.".formatted(alias, model.name()));
      holders.add(model);
    }
  }

  /** Letters and digits in upper case, the brand in front left out. */
  private static String key(String name) {
    StringBuilder kept = new StringBuilder();
    name.codePoints().filter(Character::isLetterOrDigit).forEach(kept::appendCodePoint);
    String upper = kept.toString().toUpperCase(Locale.ROOT);
    return without("TESLA", without("NVIDIA", upper));
  }

  private static String without(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /** Holds what comes with Kerf, read when first asked for. */
  private static final class BuiltIn {
    private static final String RESOURCE = "gpu-models.txt";
    private static final GpuCatalog CATALOG = parse(text());

    private static String text() {
      try (InputStream stream =
          Objects.requireNonNull(GpuCatalog.class.getResourceAsStream(RESOURCE), RESOURCE)) {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
