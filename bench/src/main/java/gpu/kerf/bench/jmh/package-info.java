/** JMH benchmarks, which {@code kerf bench} runs. */
@NullMarked
package gpu.kerf.bench.jmh;

import org.jspecify.annotations.NullMarked;
