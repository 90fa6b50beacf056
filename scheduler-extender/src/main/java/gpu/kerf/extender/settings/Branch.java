package gpu.kerf.extender.settings;

import gpu.kerf.model.cost.Price;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One component of the settings' records with its place in the tree: a group of others, a single
 * value, or a map of values.
 */
record Branch(String path, RecordComponent component) {

  /** Records that are one value, and no group of settings. */
  private static final Set<Class<?>> VALUES = Set.of(ByteCount.class, Names.class, Price.class);

  /** The components of a record, in their order. */
  static List<Branch> of(String path, Class<?> record) {
    return Arrays.stream(record.getRecordComponents())
        .map(
            part -> new Branch(path.isEmpty() ? part.getName() : path + "." + part.getName(), part))
        .toList();
  }

  /** Every single value and every map below a record, in their order. */
  static List<Branch> leaves(String path, Class<?> record) {
    return of(path, record).stream()
        .flatMap(
            branch ->
                branch.isGroup()
                    ? leaves(branch.path, branch.component.getType()).stream()
                    : List.of(branch).stream())
        .toList();
  }

  String name() {
    return component.getName();
  }

  boolean isGroup() {
    return component.getType().isRecord() && !VALUES.contains(component.getType());
  }

  boolean isMap() {
    return component.getType() == Map.class;
  }

  /** How the value is written, or the values of the map. */
  ValueKind kind() {
    if (isMap()) {
      ParameterizedType map = (ParameterizedType) component.getGenericType();
      return ValueKind.of((Class<?>) map.getActualTypeArguments()[1]);
    }
    return ValueKind.of(component.getType());
  }

  Setting setting() {
    return Objects.requireNonNull(
        component.getAnnotation(Setting.class), () -> path + " is not described");
  }

  /** The environment variable that sets it. */
  String variable() {
    String words = path.replaceAll("([a-z])([A-Z])", "$1_$2").replace('.', '_');
    return "KERF_" + words.toUpperCase(Locale.ROOT);
  }

  /** The component's value in a record. */
  Object in(Object record) {
    try {
      return Objects.requireNonNull(component.getAccessor().invoke(record));
    } catch (IllegalAccessException | InvocationTargetException impossible) {
      throw new IllegalStateException("The setting " + path + " cannot be read.", impossible);
    }
  }

  /** A record with the given components. */
  static <T> T create(Class<T> record, List<Object> values) {
    Class<?>[] types =
        Arrays.stream(record.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<T> constructor = record.getDeclaredConstructor(types);
      return constructor.newInstance(values.toArray());
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException("The settings " + record + " cannot be made.", impossible);
    }
  }
}
