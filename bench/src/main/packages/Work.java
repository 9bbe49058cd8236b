// SPDX-License-Identifier: Apache-2.0

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Objects, interface calls, collections, strings, numbers: enough for the compilers to be worth their time. */
public final class Work {
    private interface Shape {
        double area();
    }

    private static final class Circle implements Shape {
        private final double radius;

        Circle(double radius) {
            this.radius = radius;
        }

        @Override
        public double area() {
            return 3.25 * radius * radius;
        }
    }

    private static final class Box implements Shape {
        private final double side;

        Box(double side) {
            this.side = side;
        }

        @Override
        public double area() {
            return side * side;
        }
    }

    private static long seed = 1;

    private static int number(int limit) {
        seed = seed * 16807 % 2147483647;
        return (int) (seed % limit);
    }

    private static int sieve(int limit) {
        boolean[] composite = new boolean[limit + 1];
        int count = 0;
        for (int i = 2; i <= limit; i++) {
            if (!composite[i]) {
                count++;
                for (long k = (long) i * i; k <= limit; k += i) {
                    composite[(int) k] = true;
                }
            }
        }
        return count;
    }

    private static int fib(int n) {
        return n < 2 ? n : fib(n - 1) + fib(n - 2);
    }

    public static void main(String[] arguments) {
        for (int turn = 0; turn < Integer.parseInt(arguments[0]); turn++) {
            List<Shape> shapes = new ArrayList<>();
            for (int i = 0; i < 50_000; i++) {
                shapes.add(i % 3 == 0 ? new Circle(i) : new Box(i));
            }
            double area = 0;
            for (Shape shape : shapes) {
                area += shape.area();
            }
            Map<String, Integer> words = new HashMap<>();
            for (int i = 0; i < 20_000; i++) {
                words.merge("w" + number(997), 1, Integer::sum);
            }
            long weight = 0;
            for (Map.Entry<String, Integer> word : words.entrySet()) {
                weight += (long) word.getKey().hashCode() * word.getValue();
            }
            System.out.println(turn + " " + area + " " + weight + " " + sieve(1_000_000) + " " + fib(27));
        }
    }
}
