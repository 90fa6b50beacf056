/** The {@code kerf} command: trace replays, benchmarks and a load driver. */
@NullMarked
package gpu.kerf.bench;

import org.jspecify.annotations.NullMarked;
