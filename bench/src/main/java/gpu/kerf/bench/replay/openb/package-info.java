/**
 * The inflation test of FGD (USENIX ATC'23) on openb traces: pods arrive one by one, stay for ever,
 * and a pod that fits nowhere is dropped.
 */
@NullMarked
package gpu.kerf.bench.replay.openb;

import org.jspecify.annotations.NullMarked;
