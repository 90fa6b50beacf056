package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.GpuHourSource;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageSource;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a running Kerf makes reports of. It is read on the thread that owns the scheduling.
 *
 * @param completeSince from when on all usage is known, in milliseconds
 * @param prices those that are in force
 * @param wallMillis what the clock on the wall shows
 */
public record UsageRecords(
    UsageSource usage,
    GpuHourSource gpus,
    LongSupplier completeSince,
    Supplier<PriceList> prices,
    LongSupplier wallMillis) {}
