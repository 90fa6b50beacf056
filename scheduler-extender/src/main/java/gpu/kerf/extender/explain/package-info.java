/**
 * Says how a demand is read, where it fits, why it does not elsewhere, and what would change that.
 */
@NullMarked
package gpu.kerf.extender.explain;

import org.jspecify.annotations.NullMarked;
