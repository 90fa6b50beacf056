/** Reads the files of traces, strictly: a file is used as a whole or not at all. */
@NullMarked
package gpu.kerf.bench.replay.input;

import org.jspecify.annotations.NullMarked;
