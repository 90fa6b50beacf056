/** Starts gangs: plans and holds their places, and repairs or evicts what is torn. */
@NullMarked
package gpu.kerf.extender.gang.start;

import org.jspecify.annotations.NullMarked;
