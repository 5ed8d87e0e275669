package main

type modelCommand struct {
	Train modelTrain `cmd:"" help:"Train the intent model on the shops' own facts, or on the shipped grammar."`
}
