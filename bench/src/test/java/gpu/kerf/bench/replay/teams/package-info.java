@NullMarked
package gpu.kerf.bench.replay.teams;

import org.jspecify.annotations.NullMarked;
