package main

type modelCommand struct {
	Train    modelTrain    `cmd:"" help:"Train the intent model on the shops' own facts, or on the shipped grammar."`
	Evaluate modelEvaluate `cmd:"" help:"Hold a model against the one in force, on conversations that no training sees."`
}
