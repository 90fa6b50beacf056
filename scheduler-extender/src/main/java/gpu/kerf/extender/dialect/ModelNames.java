package gpu.kerf.extender.dialect;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds the GPU models that other projects mean by a part of a name: {@code A10} is the A10, the
 * A10G and every A100.
 *
 * <p>Kerf's own catalogue looks up whole names. The pods of these projects were written for
 * schedulers that search for a part of the driver's name of the card, ignoring case.
 */
final class ModelNames {

  private static final String BRAND = "NVIDIA";
  private static final String OLD_BRAND = "TESLA";

  /** A model and all that it is called, without what does not count. */
  private record Known(String model, List<String> names) {}

  private static final List<Known> ALL =
      GpuCatalog.builtIn().models().stream().map(ModelNames::known).toList();

  private ModelNames() {}

  private static Known known(GpuModel model) {
    List<String> names = new ArrayList<>();
    names.add(BRAND + key(model.name()));
    model.aliases().forEach(alias -> names.add(BRAND + key(alias)));
    return new Known(model.name(), names);
  }

  /**
   * The models that any of these parts of names means. A part that means none stands for itself: it
   * may be the whole name of a card that no catalogue knows.
   */
  static List<String> with(List<String> parts) {
    Set<String> models = new LinkedHashSet<>();
    for (String part : parts) {
      int before = models.size();
      String key = key(part);
      for (Known each : ALL) {
        if (means(key, each)) {
          models.add(each.model);
        }
      }
      if (models.size() == before) {
        models.add(part);
      }
    }
    return List.copyOf(models);
  }

  /** The models of a list, or of the catalogue if it is empty, that none of these parts means. */
  static List<String> without(List<String> parts, List<String> models) {
    List<String> keys = parts.stream().map(ModelNames::key).toList();
    List<String> kept = new ArrayList<>();
    for (Known each : ALL) {
      boolean wanted = models.isEmpty() || models.contains(each.model);
      if (wanted && keys.stream().noneMatch(key -> means(key, each))) {
        kept.add(each.model);
      }
    }
    for (String model : models) {
      boolean listed = ALL.stream().anyMatch(each -> each.model.equals(model));
      if (!listed && keys.stream().noneMatch(key(model)::contains)) {
        kept.add(model);
      }
    }
    return kept;
  }

  private static boolean means(String key, Known model) {
    return !key.isEmpty() && model.names.stream().anyMatch(name -> name.contains(key));
  }

  /** Letters and digits in upper case, without the brand of old in front. */
  private static String key(String name) {
    StringBuilder kept = new StringBuilder();
    name.codePoints().filter(Character::isLetterOrDigit).forEach(kept::appendCodePoint);
    String upper = kept.toString().toUpperCase(Locale.ROOT);
    boolean old = upper.startsWith(OLD_BRAND) && upper.length() > OLD_BRAND.length();
    return old ? upper.substring(OLD_BRAND.length()) : upper;
  }
}
