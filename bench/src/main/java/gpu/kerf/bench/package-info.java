/**
 * Commands of {@code kerf} for measurements: trace replays, benchmarks, a load driver and the
 * simulator of faults.
 */
@NullMarked
package gpu.kerf.bench;

import org.jspecify.annotations.NullMarked;
