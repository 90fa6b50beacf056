/**
 * Explains how Kerf reads a demand, on which nodes it fits, why it does not fit on the others, and
 * what would change that.
 */
@NullMarked
package gpu.kerf.extender.explain;

import org.jspecify.annotations.NullMarked;
