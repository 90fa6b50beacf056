package gpu.kerf.model.cost;

import java.util.Map;

/**
 * What GPUs cost.
 *
 * @param currency its code, such as EUR
 * @param byModel per GPU model
 * @param otherwise for the models that are not in it
 */
public record PriceList(String currency, Map<String, Price> byModel, Price otherwise) {
  public PriceList {
    byModel = Map.copyOf(byModel);
  }

  public Price of(String model) {
    return byModel.getOrDefault(model, otherwise);
  }
}
