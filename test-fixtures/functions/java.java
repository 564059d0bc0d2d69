package com.example.orders;

import java.util.List;
import java.util.function.Function;

public class Orders {
  private final double rate;

  static {
    System.out.println("loaded");
  }

  public Orders(double rate) { // @function Orders.Orders
    this.rate = rate; // @first Orders.Orders
  }

  @Override
  @Deprecated
  public String toString() { // @function Orders.toString
    return "rate " + rate; // @first Orders.toString
  }

  double total(List<Double> prices) throws IllegalStateException { // @function Orders.total
    // A comment first.
    double sum = 0; // @first Orders.total
    for (double price : prices) sum += price;
    Function<Double, Double> tax = (value) -> value * rate;
    return tax.apply(sum);
  }

  int oneLine() { return 1; } // @function Orders.oneLine @first Orders.oneLine "return 1"

  static <T> T identity(T value) { // @function Orders.identity
    return value; // @first Orders.identity
  }

  abstract static class Base {
    abstract void missing();

    void present() { // @function Base.present
      missing(); // @first Base.present
    }
  }

  record Point(int x, int y) {
    Point { // @function Point.Point
      if (x < 0) throw new IllegalArgumentException("x"); // @first Point.Point
    }

    int sum() { // @function Point.sum
      return x + y; // @first Point.sum
    }
  }

  interface Named {
    String name();

    default String loud() { // @function Named.loud
      return name().toUpperCase(); // @first Named.loud
    }
  }

  enum Level {
    LOW,
    HIGH;

    Level next() { // @function Level.next
      return this == LOW ? HIGH : LOW; // @first Level.next
    }
  }
}
