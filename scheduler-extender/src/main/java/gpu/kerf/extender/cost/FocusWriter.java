package gpu.kerf.extender.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.model.cost.CostRow;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A report in the form of FOCUS, the FinOps Open Cost and Usage Specification: a row for each part
 * of each hour of each GPU.
 *
 * <p>The columns are those of version 1.0 as FOCUS's validator knows them. Four of them have other
 * names in the specification ({@code ProviderName} and so on); those are there too, except {@code
 * ResourceId}, which differs from {@code ResourceID} in case alone.
 */
final class FocusWriter implements ReportWriter {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int QUANTITY_DECIMALS = 9;
  private static final String UNIT = "GPU-Hours";
  private static final String KERF = "Kerf";
  private static final String NONE = "";

  private final PriceList prices;
  private final Csv csv = new Csv();
  private final Map<UsageCell.Key, String> tags = new LinkedHashMap<>();
  private boolean begun;

  FocusWriter(PriceList prices) {
    this.prices = prices;
  }

  @Override
  public void row(CostRow row) {
    Map<String, String> cells = cells(row);
    if (!begun) {
      csv.row(cells.keySet());
      begun = true;
    }
    csv.row(cells.values());
  }

  private Map<String, String> cells(CostRow row) {
    String cost = Amounts.money(row.micros());
    String unitPrice = Amounts.money(prices.of(row.model()).micros());
    String quantity = Amounts.gpuHours(row.milliGpuMillis(), QUANTITY_DECIMALS);
    Instant start = Instant.ofEpochMilli(row.hourStartMillis());
    YearMonth month = YearMonth.from(start.atOffset(ZoneOffset.UTC));
    String team = row.owner() == null ? NONE : row.owner().team();
    Map<String, String> cells = new LinkedHashMap<>();
    cells.put("BillingAccountId", "kerf");
    cells.put("BillingAccountName", KERF);
    cells.put("BillingCurrency", prices.currency());
    cells.put("BillingPeriodStart", firstOf(month));
    cells.put("BillingPeriodEnd", firstOf(month.plusMonths(1)));
    cells.put("ChargePeriodStart", start.toString());
    cells.put("ChargePeriodEnd", start.plusMillis(CostRows.HOUR_MILLIS).toString());
    cells.put("ChargeCategory", "Usage");
    cells.put("ChargeType", "Usage");
    cells.put("ChargeClass", NONE);
    cells.put("ChargeDescription", description(row.kind()));
    cells.put("ChargeFrequency", "Usage-Based");
    List.of("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
        .forEach(name -> cells.put(name, cost));
    cells.put("ListUnitPrice", unitPrice);
    cells.put("ContractedUnitPrice", unitPrice);
    cells.put("PricingCategory", "Standard");
    cells.put("PricingQuantity", quantity);
    cells.put("PricingUnit", UNIT);
    cells.put("ConsumedQuantity", quantity);
    cells.put("ConsumedUnit", UNIT);
    List.of("Provider", "ProviderName", "Publisher", "PublisherName")
        .forEach(name -> cells.put(name, KERF));
    cells.put("InvoiceIssuer", KERF);
    cells.put("InvoiceIssuerName", KERF);
    cells.put("ResourceID", row.gpu());
    cells.put("ResourceName", row.gpu());
    cells.put("ResourceType", "GPU");
    cells.put("ServiceCategory", "Compute");
    cells.put("ServiceName", "GPUs on Kubernetes");
    cells.put("SkuId", row.model());
    cells.put("SkuPriceId", row.model() + "/hour");
    cells.put("SubAccountId", team);
    cells.put("SubAccountName", team);
    List.of("RegionId", "RegionName", "AvailabilityZone").forEach(name -> cells.put(name, NONE));
    for (String discount : List.of("Category", "Id", "Name", "Status", "Type")) {
      cells.put("CommitmentDiscount" + discount, NONE);
    }
    cells.put("Tags", row.owner() == null ? "{}" : tags.computeIfAbsent(row.owner(), this::tags));
    cells.put("x_KerfKind", ReportQuery.word(row.kind()));
    cells.put(
        "x_KerfMemoryMiBHours", Amounts.mebibyteHours(row.mebibyteMillis(), QUANTITY_DECIMALS));
    return cells;
  }

  private static String firstOf(YearMonth month) {
    return month.atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC).toString();
  }

  private static String description(CostRow.Kind kind) {
    return switch (kind) {
      case HELD -> "A part of a GPU that a pod held";
      case IDLE -> "A part of a GPU that a pod held while the GPU computed nothing";
      case STRANDED -> "A part of a GPU that was free and of no use";
      case FREE -> "A part of a GPU that was free";
    };
  }

  private String tags(UsageCell.Key owner) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("team", owner.team());
    tags.put("namespace", owner.namespace());
    tags.put("owner", owner.owner());
    tags.put("wall", owner.wall());
    try {
      return JSON.writeValueAsString(tags);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public String take() {
    return csv.take();
  }

  @Override
  public String end() {
    if (!begun) {
      csv.row(cells(new CostRow(0, "", "", CostRow.Kind.FREE, null, 0, 0, 0)).keySet());
    }
    return csv.take();
  }
}
