"""The practice room."""

WALK = ["cleo @coordination: !practice open agencies: police, school", "cleo @coordination: !practice end"]
