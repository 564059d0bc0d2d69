package com.example.orders

fun plain(a: Int, b: Int): Int { // @function plain
    return a + b // @first plain
}

fun expression(n: Int) = n * 2 // @function expression @first expression "n * 2"

suspend fun loads(url: String): String { // @function loads
    // A comment first.
    val answer = fetch(url) // @first loads
    return answer
}

class Pricing(private val rate: Double) {
    constructor() : this(0.2) { // @function Pricing.constructor
        println("default") // @first Pricing.constructor
    }

    @Deprecated("old")
    fun total(order: Order): Double { // @function Pricing.total
        return order.sum * (1 + rate) // @first Pricing.total
    }

    override fun toString() = "rate $rate" // @function Pricing.toString @first Pricing.toString "\"rate $rate\""

    companion object {
        fun create(): Pricing { // @function Pricing.create
            return Pricing(0.0) // @first Pricing.create
        }
    }

    inner class Deep {
        fun reach(): Int { // @function Deep.reach
            return 1 // @first Deep.reach
        }
    }
}

object Registry {
    fun find(name: String): String? { // @function Registry.find
        return name.ifEmpty { null } // @first Registry.find
    }
}

interface Named {
    fun name(): String

    fun loud(): String { // @function Named.loud
        return name().uppercase() // @first Named.loud
    }
}

fun String.shout(): String { // @function shout
    return uppercase() // @first shout
}

fun outer() { // @function outer
    fun inner() { // @first outer @function inner
        println("inner") // @first inner
    }
    inner()
}
