/** Numbers about a fleet for people: how full, how much of the rest is of use, how few would do. */
@NullMarked
package gpu.kerf.model.analysis;

import org.jspecify.annotations.NullMarked;
