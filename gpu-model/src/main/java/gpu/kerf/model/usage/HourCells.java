package gpu.kerf.model.usage;

import java.util.Arrays;

/** The cells of one hour, in arrays: there are many, and most of them are never read. */
final class HourCells {

  private static final int FIRST = 8;

  private UsageCell.Key[] keys;
  private String[] gpus;
  private int[] hashes;
  private long[] milli;
  private long[] mebibytes;
  private int size;

  /** One more than the index of a cell, at the place that its hash gives; 0 where there is none. */
  private int[] places;

  HourCells() {
    this(FIRST);
  }

  /**
   * @param expected how many cells there will be, about
   */
  HourCells(int expected) {
    int room = Math.max(FIRST, expected);
    keys = new UsageCell.Key[room];
    gpus = new String[room];
    hashes = new int[room];
    milli = new long[room];
    mebibytes = new long[room];
    places = new int[placesFor(room)];
  }

  private static int placesFor(int room) {
    return Integer.highestOneBit(room - 1) << 2;
  }

  int size() {
    return size;
  }

  void add(UsageCell.Key key, String gpu, long milliGpuMillis, long mebibyteMillis) {
    int cell = cell(key, gpu);
    milli[cell] += milliGpuMillis;
    mebibytes[cell] += mebibyteMillis;
  }

  private int cell(UsageCell.Key key, String gpu) {
    int hash = (31 * key.hashCode() + gpu.hashCode()) * 0x9E3779B9;
    int place = place(hash);
    while (places[place] != 0) {
      int cell = places[place] - 1;
      if (hashes[cell] == hash && keys[cell].equals(key) && gpus[cell].equals(gpu)) {
        return cell;
      }
      place = (place + 1) & (places.length - 1);
    }
    if (size == keys.length) {
      grow();
      place = freePlace(hash);
    }
    keys[size] = key;
    gpus[size] = gpu;
    hashes[size] = hash;
    places[place] = ++size;
    return size - 1;
  }

  private int place(int hash) {
    return (hash ^ (hash >>> 16)) & (places.length - 1);
  }

  private int freePlace(int hash) {
    int place = place(hash);
    while (places[place] != 0) {
      place = (place + 1) & (places.length - 1);
    }
    return place;
  }

  private void grow() {
    int room = 2 * size;
    keys = Arrays.copyOf(keys, room);
    gpus = Arrays.copyOf(gpus, room);
    hashes = Arrays.copyOf(hashes, room);
    milli = Arrays.copyOf(milli, room);
    mebibytes = Arrays.copyOf(mebibytes, room);
    places = new int[placesFor(room)];
    for (int cell = 0; cell < size; cell++) {
      places[freePlace(hashes[cell])] = cell + 1;
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
