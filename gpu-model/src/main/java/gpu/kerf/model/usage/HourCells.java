package gpu.kerf.model.usage;

import java.util.Arrays;

/** The cells of one hour, in arrays: there are many, and most of them are never read. */
final class HourCells {

  private static final int FIRST = 8;

  private UsageCell.Key[] keys = new UsageCell.Key[FIRST];
  private String[] gpus = new String[FIRST];
  private long[] milli = new long[FIRST];
  private long[] mebibytes = new long[FIRST];
  private int size;

  /** One more than the index of a cell, at the place that its hash gives; 0 where there is none. */
  private int[] places = new int[2 * FIRST];

  int size() {
    return size;
  }

  void add(UsageCell.Key key, String gpu, long milliGpuMillis, long mebibyteMillis) {
    int cell = cell(key, gpu);
    milli[cell] += milliGpuMillis;
    mebibytes[cell] += mebibyteMillis;
  }

  private int cell(UsageCell.Key key, String gpu) {
    int place = place(key, gpu);
    if (places[place] != 0) {
      return places[place] - 1;
    }
    if (size == keys.length) {
      grow();
      place = place(key, gpu);
    }
    keys[size] = key;
    gpus[size] = gpu;
    places[place] = ++size;
    return size - 1;
  }

  private int place(UsageCell.Key key, String gpu) {
    int hash = (31 * key.hashCode() + gpu.hashCode()) * 0x9E3779B9;
    int place = (hash ^ (hash >>> 16)) & (places.length - 1);
    while (places[place] != 0 && !isAt(places[place] - 1, key, gpu)) {
      place = (place + 1) & (places.length - 1);
    }
    return place;
  }

  private boolean isAt(int cell, UsageCell.Key key, String gpu) {
    return keys[cell].equals(key) && gpus[cell].equals(gpu);
  }

  private void grow() {
    int more = 2 * size;
    keys = Arrays.copyOf(keys, more);
    gpus = Arrays.copyOf(gpus, more);
    milli = Arrays.copyOf(milli, more);
    mebibytes = Arrays.copyOf(mebibytes, more);
    places = new int[2 * more];
    for (int cell = 0; cell < size; cell++) {
      places[place(keys[cell], gpus[cell])] = cell + 1;
    }
  }

  /** Adds all of it to another hour's cells. */
  void addTo(HourCells other) {
    each(other::add);
  }

  /** Takes the cells one by one. */
  interface CellSink {
    void cell(UsageCell.Key key, String gpu, long milliGpuMillis, long mebibyteMillis);
  }

  void each(CellSink sink) {
    for (int cell = 0; cell < size; cell++) {
      sink.cell(keys[cell], gpus[cell], milli[cell], mebibytes[cell]);
    }
  }
}
